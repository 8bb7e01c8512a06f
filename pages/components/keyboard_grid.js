// A grid of cells to draw on with the keyboard alone, and with mouse, finger or pen. The pen covers a square of cells, so that strokes
// come out as wide as those of digits on paper. What is drawn stays here; the server gets a copy shortly after each change.

const PEN = 2;
const PAUSE = 150;
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const BOARD = "#000", INK = "#fff", LINES = "#3a3f4b", CURSOR = "#E69F00";

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".keyboard");
  // Called again when the server has looked at the drawing: by then it may have gone on.
  root.grid ??= new Grid(root, data);
  root.grid.send = (cells) => setStateValue("cells", cells);
  root.grid.observer.observe(root.grid.canvas);
  return () => root.grid.observer.disconnect();
}

class Grid {
  constructor(root, { rows, columns, cells }) {
    Object.assign(this, { rows, columns, erasing: false });
    this.cells = Uint8Array.from({ length: rows * columns }, (_, place) => Number(cells[place] === "1"));
    this.cursor = [Math.floor(rows / 2) - 1, Math.floor(columns / 2) - 1];
    const find = (part) => root.querySelector(`[data-part="${part}"]`);
    [this.canvas, this.said, this.eraser] = ["canvas", "said", "eraser"].map(find);
    this.canvas.setAttribute("aria-label", `Drawing grid of ${rows} rows and ${columns} columns`);
    this.canvas.style.aspectRatio = `${columns} / ${rows}`;
    this.canvas.onkeydown = (event) => this.press(event);
    this.canvas.onfocus = this.canvas.onblur = () => this.paint();
    this.eraser.onclick = () => this.erase(!this.erasing);
    find("clear").onclick = () => this.clear();
    this.listenToPointer();
    this.observer = new ResizeObserver(() => this.paint());
    this.paint();
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.actionOf(event);
    if (!act) return;
    event.preventDefault();
    // Streamlit has keys of its own, C among them.
    event.stopPropagation();
    act();
  }

  actionOf({ key, shiftKey }) {
    if (key in ARROWS) return () => this.move(ARROWS[key], shiftKey);
    if (key === " ") return () => this.put(1);
    if (key === "Backspace" || key === "Delete") return () => this.put(0);
    if (key === "c" || key === "C") return () => this.clear();
    return null;
  }

  move([down, right], drawing) {
    // A stroke begins where the pen stands.
    if (drawing) this.cover(1);
    this.place([this.cursor[0] + down, this.cursor[1] + right]);
    drawing ? this.put(1) : this.report();
  }

  place([row, column]) {
    const inside = (value, most) => Math.min(Math.max(value, 0), most - PEN);
    this.cursor = [inside(row, this.rows), inside(column, this.columns)];
  }

  put(value) {
    this.cover(value);
    this.report();
    this.sendSoon();
  }

  clear() {
    this.cells.fill(0);
    this.report("The grid is empty. ");
    this.sendSoon();
  }

  erase(erasing) {
    this.erasing = erasing;
    this.eraser.setAttribute("aria-pressed", String(erasing));
  }

  covered() {
    const [row, column] = this.cursor;
    return Array.from({ length: PEN * PEN }, (_, index) => (row + Math.floor(index / PEN)) * this.columns + column + (index % PEN));
  }

  cover(value) {
    for (const place of this.covered()) this.cells[place] = value;
  }

  report(first = "") {
    const inked = this.covered().filter((place) => this.cells[place]).length;
    const ink = inked === 0 ? "no ink" : inked === PEN * PEN ? "ink" : "partly ink";
    this.said.textContent = `${first}Row ${this.cursor[0] + 1}, column ${this.cursor[1] + 1}: ${ink}.`;
    this.paint();
  }

  sendSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(this.cells.join("")), PAUSE);
  }

  listenToPointer() {
    const { canvas } = this;
    const draw = (event) => {
      this.lineTo(this.cellAt(event));
      this.put(this.erasing ? 0 : 1);
    };
    canvas.onpointerdown = (event) => {
      if (event.button !== 0) return;
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.place(this.cellAt(event));
      draw(event);
    };
    canvas.onpointermove = (event) => canvas.hasPointerCapture(event.pointerId) && draw(event);
  }

  cellAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const along = (offset, length, count) => Math.round((offset / length) * count - PEN / 2);
    return [along(event.clientY - box.top, box.height, this.rows), along(event.clientX - box.left, box.width, this.columns)];
  }

  // A quick hand moves more than a cell between two events.
  lineTo([row, column]) {
    const [fromRow, fromColumn] = this.cursor;
    const steps = Math.max(Math.abs(row - fromRow), Math.abs(column - fromColumn));
    for (let step = 1; step <= steps; step++) {
      this.place([fromRow, fromColumn].map((from, axis) => Math.round(from + (([row, column][axis] - from) * step) / steps)));
      this.cover(this.erasing ? 0 : 1);
    }
  }

  paint() {
    const { canvas, rows, columns } = this;
    const cell = Math.max(4, Math.ceil((canvas.clientWidth * devicePixelRatio) / columns));
    [canvas.width, canvas.height] = [cell * columns, cell * rows];
    const pen = canvas.getContext("2d");
    pen.fillStyle = BOARD;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = LINES;
    for (let row = 1; row < rows; row++) pen.fillRect(0, row * cell, canvas.width, 1);
    for (let column = 1; column < columns; column++) pen.fillRect(column * cell, 0, 1, canvas.height);
    pen.fillStyle = INK;
    this.cells.forEach((ink, place) => ink && pen.fillRect((place % columns) * cell, Math.floor(place / columns) * cell, cell, cell));
    this.paintCursor(pen, cell);
  }

  // Dark around bright, so that it is seen on ink and on the board.
  paintCursor(pen, cell) {
    const focused = this.canvas.getRootNode().activeElement === this.canvas;
    const [top, left] = this.cursor.map((place) => place * cell);
    const width = Math.max(2, Math.round(cell / 4));
    pen.setLineDash(focused ? [] : [width, width]);
    for (const [colour, lineWidth] of [[BOARD, width + 2], [CURSOR, width]]) {
      [pen.strokeStyle, pen.lineWidth] = [colour, lineWidth];
      pen.strokeRect(left, top, PEN * cell, PEN * cell);
    }
  }
}
