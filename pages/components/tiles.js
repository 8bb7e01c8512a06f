// A grid of images that are buttons. All images arrive as one sprite and are cut out of it here, each onto a canvas of its own:
// a background picture would show a sliver of its neighbours wherever a tile is not a whole number of pixels wide.

const ARROWS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: "up", ArrowDown: "down", Home: "first", End: "last" };

export default function ({ data, parentElement, setTriggerValue }) {
  const grid = parentElement.querySelector(".tiles");
  grid.latest = data;
  grid.onclick = (event) => {
    const tile = event.target.closest("button");
    if (!tile) return;
    makeTabStop(grid, tile);
    setTriggerValue("clicked", tilesOf(grid).indexOf(tile));
  };
  grid.onkeydown = (event) => moveFocus(grid, event);
  if (grid.drawn?.sprite === data.sprite) {
    // The same images, with other words below them: while a network learns, once a second.
    fill(grid, data, grid.sprite);
  } else {
    loadSprite(data.sprite).then((sprite) => {
      // A newer script run may have sent other images in the meantime.
      if (grid.latest === data) fill(grid, data, sprite);
    });
  }
  // Called again with each change of the data, and what it returned before is only called at the very end.
  grid.observer ??= new ResizeObserver(() => fitPictures(grid));
  grid.observer.observe(grid);
  return () => grid.observer.disconnect();
}

const tilesOf = (grid) => [...grid.children];

async function loadSprite(address) {
  const sprite = new Image();
  sprite.src = address;
  await sprite.decode();
  return sprite;
}

function fill(grid, data, sprite) {
  [grid.drawn, grid.sprite] = [data, sprite];
  const focused = tilesOf(grid).indexOf(grid.getRootNode().activeElement);
  grid.setAttribute("aria-label", data.label);
  grid.style.setProperty("--least", `${data.size}px`);
  grid.style.setProperty("--columns", data.columns);
  grid.style.setProperty("--wrong", data.wrongColour);
  grid.replaceChildren(...data.captions.map((caption, index) => makeTile(data, caption, index)));
  fitPictures(grid);
  const stop = grid.children[focused] ?? grid.children[data.selected] ?? grid.children[0];
  makeTabStop(grid, stop);
  // Clicking an image draws the grid anew; somebody at the keyboard goes on where they were.
  if (focused >= 0) stop.focus({ preventScroll: true });
}

function makeTile(data, caption, index) {
  const tile = document.createElement("button");
  const wrong = data.wrong[index];
  tile.type = "button";
  tile.title = caption;
  const remarks = [`${index + 1} of ${data.captions.length}`, ...(wrong ? ["marked with a cross"] : [])];
  tile.setAttribute("aria-label", `${caption.replaceAll("\n", ", ")} (${remarks.join(", ")})`);
  tile.classList.toggle("wrong", wrong);
  if (index === data.selected) tile.setAttribute("aria-current", "true");
  const picture = document.createElement("span");
  picture.className = "picture";
  const canvas = document.createElement("canvas");
  // Of no width yet, so that it counts as unpainted.
  canvas.width = 0;
  picture.append(canvas);
  tile.append(picture, ...caption.split("\n").map(makeLine));
  return tile;
}

function makeLine(text) {
  const line = document.createElement("span");
  line.className = "line";
  line.dir = "auto";
  line.textContent = text;
  return line;
}

// Each image is enlarged by a whole factor, so that all its pixels are of one size, to a little more than its place on the screen.
// The browser then scales it down into that, which keeps them even and their edges sharp at any width.
function fitPictures(grid) {
  const { drawn, sprite } = grid;
  const pictures = grid.querySelectorAll("canvas");
  if (!pictures.length) return;
  const shown = Math.min(grid.children[0].clientWidth, drawn.most);
  grid.style.setProperty("--shown", `${shown}px`);
  const times = Math.max(1, Math.ceil((shown * devicePixelRatio) / drawn.width));
  if (pictures[0].width !== times * drawn.width) pictures.forEach((canvas, index) => paint(canvas, drawn, sprite, index, times));
}

function paint(canvas, { across, width, height }, sprite, index, times) {
  [canvas.width, canvas.height] = [times * width, times * height];
  const [left, top] = [(index % across) * width, Math.floor(index / across) * height];
  const pen = canvas.getContext("2d");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(sprite, left, top, width, height, 0, 0, canvas.width, canvas.height);
}

function makeTabStop(grid, stop) {
  tilesOf(grid).forEach((tile) => (tile.tabIndex = tile === stop ? 0 : -1));
}

function moveFocus(grid, event) {
  const tiles = tilesOf(grid);
  const move = ARROWS[event.key];
  if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const now = tiles.indexOf(event.target.closest("button"));
  const inRow = tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length;
  const target = { up: now - inRow, down: now + inRow, first: 0, last: tiles.length - 1 }[move] ?? now + move;
  if (!tiles[target]) return;
  makeTabStop(grid, tiles[target]);
  tiles[target].focus();
}
