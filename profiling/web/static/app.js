// Without this file everything can be read; with it, parts of a page change without loading the whole.
"use strict";

// After a part was swapped, tell a screen reader what came, and keep the place of the keyboard.
document.addEventListener("htmx:afterSwap", (event) => {
  const said = event.detail.target.querySelector("[data-said]");
  const place = document.getElementById("said");
  if (said && place) place.textContent = said.dataset.said;
});

// The number beside a slider moves with it.
document.addEventListener("input", (event) => {
  const shown = document.querySelector(`output[data-of="${event.target.id}"]`);
  if (shown) shown.textContent = `${event.target.value}%`;
});

// A file can be dropped on the field as well as chosen.
for (const place of document.querySelectorAll(".drop")) {
  const field = place.querySelector("input[type=file]");
  place.addEventListener("dragover", (event) => { event.preventDefault(); place.classList.add("over"); });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    field.files = event.dataTransfer.files;
  });
}
