// Without this file everything can be read; with it, parts of a page change without loading the whole.
"use strict";

// After a part was swapped, tell a screen reader what came, and keep the place of the keyboard.
document.addEventListener("htmx:afterSwap", (event) => {
  const said = event.detail.target.querySelector("[data-said]");
  const place = document.getElementById("said");
  if (said && place) place.textContent = said.dataset.said;
});
