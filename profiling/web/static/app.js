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
