"use strict";

const service = "/cds-services/lupus-trials";
const part = (id) => document.getElementById(id);

function say(text, failed = false) {
  part("status").textContent = text;
  part("status").classList.toggle("failed", failed);
}

async function answer(response) {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}: ${text}`);
  return text;
}

const post = (url, body) =>
  fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body });

// What the EHR does when a chart is opened.
async function open(patient) {
  for (const button of document.querySelectorAll(".patient")) {
    button.setAttribute("aria-pressed", String(button.dataset.patient === patient));
  }
  part("cards").replaceChildren();
  part("behind").hidden = true;
  say("Firing patient-view …");
  try {
    const request = await answer(await fetch(`/demo/requests/${encodeURIComponent(patient)}`));
    const started = performance.now();
    const response = await answer(await post(service, request));
    const took = Math.round(performance.now() - started);
    // The fragment comes from this server with everything escaped.
    part("cards").innerHTML = await answer(await post("/demo/cards", response));
    part("request").textContent = JSON.stringify(JSON.parse(request), null, 2);
    part("response").textContent = JSON.stringify(JSON.parse(response), null, 2);
    part("behind").hidden = false;
    const count = JSON.parse(response).cards.length;
    say(`${count} card${count === 1 ? "" : "s"} in ${took} ms.`);
  } catch (error) {
    say(error.message, true);
  }
}

async function feedback(card, outcome) {
  const item = { card: card.dataset.card, outcomeTimestamp: new Date().toISOString(), ...outcome };
  try {
    await answer(await post(`${service}/feedback`, JSON.stringify({ feedback: [item] })));
    for (const button of card.querySelectorAll("button")) button.disabled = true;
    say(`Feedback sent: ${item.outcome}.`);
  } catch (error) {
    say(error.message, true);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const card = button.closest("[data-card]");
  if (button.dataset.patient) {
    location.hash = button.dataset.patient;
  } else if (card && button.dataset.suggestion) {
    feedback(card, { outcome: "accepted", acceptedSuggestions: [{ id: button.dataset.suggestion }] });
  } else if (card && button.dataset.reason) {
    const reason = { code: button.dataset.reason, system: button.dataset.system };
    feedback(card, { outcome: "overridden", overrideReason: { reason } });
  } else if (card && "dismiss" in button.dataset) {
    feedback(card, { outcome: "overridden" });
  }
});

// The address names the chart, so that it can be linked to and the browser can go back.
function openNamed() {
  if (location.hash) open(location.hash.slice(1));
}

window.addEventListener("hashchange", openNamed);
openNamed();
