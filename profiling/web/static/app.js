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

// A table is sorted by a click on a heading; numbers as numbers in the language of the page.
const dutch = document.documentElement.lang === "nl";
const valueOf = (cell) => {
  const text = cell.textContent.trim();
  const plain = dutch ? text.replaceAll(".", "").replace(",", ".") : text.replaceAll(",", "");
  const number = Number.parseFloat(plain);
  return cell.classList.contains("number") ? (Number.isNaN(number) ? -Infinity : number) : text;
};
const sortBy = (heading) => {
  const body = heading.closest("table").tBodies[0];
  const place = heading.cellIndex;
  const down = heading.getAttribute("aria-sort") !== "descending";
  for (const other of heading.parentNode.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...body.rows].map((row) => [valueOf(row.cells[place]), row]);
  rows.sort(([a], [b]) => (typeof a === "string" ? b.localeCompare(a, document.documentElement.lang) : b - a) * (down ? 1 : -1));
  body.append(...rows.map(([, row]) => row));
};
const makeSortable = (part) => {
  for (const heading of part.querySelectorAll("thead th")) {
    if (heading.querySelector("button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sortBy(heading));
  }
};
makeSortable(document);
document.addEventListener("htmx:afterSwap", () => makeSortable(document));

// A click on an area of the map zooms in, as its row in the table does.
document.addEventListener("click", (event) => {
  const shape = event.target.closest("[data-area]");
  const link = shape && document.querySelector(`a[data-code="${CSS.escape(shape.dataset.area)}"]`);
  if (link) link.click();
});
