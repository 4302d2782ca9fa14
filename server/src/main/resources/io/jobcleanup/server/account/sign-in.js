"use strict";

const form = document.querySelector("form");
const fault = document.getElementById("fault");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  fault.textContent = "";
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ email: form.email.value.trim(), password: form.password.value }),
    });
    if (answer.ok) {
      // This page stands in the place of what was asked for, which now comes.
      location.reload();
      return;
    }
    const problem = await answer.json();
    fault.textContent = problem.detail || problem.error;
  } catch {
    fault.textContent = "The service doesn't answer. Is it up?";
  }
  button.disabled = false;
  form.password.focus();
});
