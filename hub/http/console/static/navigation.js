// The list of pages: what somebody has no purpose for is left out once they have signed in.

import { at } from "./elements.js";

// `purposes` are those of whoever is here; null before anybody has signed in: then all are shown.
export function drawNavigation(purposes) {
  for (const item of document.querySelectorAll("#pages li")) {
    const wanted = item.dataset.for?.split(" ") ?? null;
    const isHere = item.querySelector("[aria-current]") !== null;
    item.hidden = !isHere && wanted !== null && purposes !== null && !wanted.some((each) => purposes.includes(each));
  }
  for (const group of document.querySelectorAll("#pages .group")) {
    group.hidden = group.querySelector("li:not([hidden])") === null;
  }
}

const button = at("menu");

function open(isOpen) {
  button.setAttribute("aria-expanded", String(isOpen));
  at("pages").classList.toggle("open", isOpen);
}

button.addEventListener("click", () => open(button.getAttribute("aria-expanded") !== "true"));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !at("pages").classList.contains("open")) return;
  open(false);
  button.focus();
});
