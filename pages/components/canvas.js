export default function ({ data, parentElement }) {
  const own = parentElement.host ?? parentElement;
  // Called again for each new canvas, and what it returned before is only called at the very end.
  own.stop?.();
  const input = new AbortController();
  sendAtOnce(input.signal);
  const observer = new ResizeObserver(() => fit(data, own.clientWidth));
  observer.observe(own);
  whenThere(() => dress(data) && fit(data, own.clientWidth), input.signal);
  own.stop = () => {
    input.abort();
    observer.disconnect();
  };
  return () => own.stop();
}

// The canvas waits 200 ms after a stroke before it tells the server, in case another follows. Nobody wants to wait for that:
// when the pen is lifted, press the button in its own toolbar that sends at once.
function sendAtOnce(signal) {
  let toolbar = null;
  const press = (event) => {
    const path = event.composedPath();
    const onCanvas = path.some((node) => node instanceof HTMLCanvasElement);
    toolbar = onCanvas ? path.find((node) => node instanceof ShadowRoot) : null;
  };
  const lift = () => {
    const root = toolbar;
    toolbar = null;
    // After all other listeners, so that the canvas has taken the stroke in.
    if (root) setTimeout(() => root.querySelector('button[aria-label^="Update the app"]')?.click());
  };
  for (const name of ["mousedown", "touchstart"]) document.addEventListener(name, press, { capture: true, signal });
  for (const name of ["mouseup", "touchend"]) document.addEventListener(name, lift, { capture: true, signal });
}

function findRoot({ canvas }) {
  for (const node of document.querySelectorAll(`.st-key-${CSS.escape(canvas)} *`)) {
    if (node.shadowRoot?.querySelector(".dc-container")) return node.shadowRoot;
  }
  return null;
}

// Let the canvas be smaller on the screen than it is in pixels, without a bar to scroll it, and show which tool has the focus.
// Its bin goes back to what the canvas began with, which may be a drawing: the button below the canvas empties it.
function dress({ canvas, width, height }) {
  const root = findRoot({ canvas });
  if (!root || root.querySelector("style.inkling")) return root;
  const style = document.createElement("style");
  style.className = "inkling";
  style.textContent = `
    .dc-container { width: min(${width}px, var(--room, 100vw)) !important; height: auto !important; aspect-ratio: ${width} / ${height}; }
    .dc-container * { width: 100% !important; height: 100% !important; touch-action: none; }
    .dc-scroll { overflow: hidden !important; }
    .dc-icon-button[aria-label^="Reset"] { display: none !important; }
    .dc-icon-button:focus-visible { outline: 2px solid var(--st-text-color) !important; outline-offset: -1px; }
  `;
  root.append(style);
  return root;
}

function fit(data, room) {
  if (room > 0) findRoot(data)?.host.style.setProperty("--room", `${room}px`);
}

// It may come into being after this component does.
function whenThere(act, signal, times = 50) {
  if (signal.aborted || act() || times === 0) return;
  setTimeout(whenThere, 50, act, signal, times - 1);
}
