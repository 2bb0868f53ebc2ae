// The console works without this script. It adds copy buttons and local times.
"use strict";

for (const button of document.querySelectorAll(".paste button")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const line = button.previousElementSibling;
    const said = document.getElementById("copied");
    try {
      await navigator.clipboard.writeText(line.textContent);
      button.firstChild.data = "Copied";
      said.textContent = "Copied " + line.getAttribute("aria-label").toLowerCase();
      setTimeout(() => { button.firstChild.data = "Copy"; said.textContent = ""; }, 2000);
    } catch {
      // Browsers refuse the clipboard to pages without TLS that are not on this machine.
      getSelection().selectAllChildren(line);
      said.textContent = "Selected: copy it with the keyboard";
    }
  });
}

for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "long", timeStyle: "medium" });
}
