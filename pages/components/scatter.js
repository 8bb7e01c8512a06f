// Maps of the same images beside one another: points by class, the image on hover, a choice by click, lasso or keyboard.
// Streamlit calls the default function again whenever its data or the theme changes; what the visitor has done lives on in a Scatter.

const NEAR = 14; // pixels within which a point is meant
const GROUP = 25; // points that the key N chooses
const MOST_ZOOM = 60;
const atlases = new Map(); // key -> {image, width, height, across}: the images, sent apart so that maps can change without them
const scatters = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  if (data instanceof Uint8Array) {
    parentElement.querySelector(".scatter")?.remove();
    return keepAtlas(data);
  }
  const root = parentElement.querySelector(".scatter");
  root.hidden = false;
  let scatter = scatters.get(root);
  if (!scatter) scatters.set(root, (scatter = new Scatter(root)));
  scatter.send = (places) => setStateValue("chosen", places);
  scatter.update(data);
  return () => scatter.close();
}

/** One line of JSON, then the picture. */
function keepAtlas(bytes) {
  const end = bytes.indexOf(10);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  if (atlases.has(head.key)) return;
  createImageBitmap(new Blob([bytes.subarray(end + 1)])).then((image) => {
    atlases.clear();
    atlases.set(head.key, { ...head, image });
    document.dispatchEvent(new Event("inkling-atlas"));
  });
}

function decode(text, Type) {
  return new Type(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
}

function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

/** Draws a mark's outline around the middle of a square of side 2 r. */
function trace(pen, shape, x, y, r) {
  const polygon = (...corners) => corners.forEach(([across, down], at) => pen[at ? "lineTo" : "moveTo"](x + across * r, y + down * r));
  pen.beginPath();
  if (shape === "circle") pen.arc(x, y, r * 0.9, 0, 7);
  else if (shape === "square") polygon([-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]);
  else if (shape === "triangle") polygon([0, -1], [1, 0.8], [-1, 0.8]);
  else if (shape === "upside-down triangle") polygon([0, 1], [1, -0.8], [-1, -0.8]);
  else if (shape === "diamond") polygon([0, -1.1], [1.1, 0], [0, 1.1], [-1.1, 0]);
  else {
    const [points, inner, turn] = { star: [5, 0.45, 0], plus: [4, 0.5, 0], cross: [4, 0.5, Math.PI / 4] }[shape];
    polygon(
      ...Array.from({ length: points * 2 }, (_, corner) => {
        const angle = turn - Math.PI / 2 + (corner * Math.PI) / points;
        const reach = corner % 2 ? inner : 1.15;
        return [reach * Math.cos(angle), reach * Math.sin(angle)];
      }),
    );
  }
  pen.closePath();
}

class Scatter {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.views = [];
    this.chosen = new Set();
    this.lit = new Set();
    this.at = -1; // the point under the mouse or the keyboard's focus
    this.moving = false;
    this.lastWheelElsewhere = 0;
    const press = { lasso: () => this.setMoving(false), move: () => this.setMoving(true), in: () => this.zoomAll(1.6), out: () => this.zoomAll(1 / 1.6) };
    Object.entries({ ...press, whole: () => this.showAll(), clear: () => this.choose([]) }).forEach(([name, action]) =>
      this.part(name).addEventListener("click", action),
    );
    this.onAtlas = () => this.drawCard();
    this.onWheel = (event) => {
      if (!event.composedPath().includes(this.root)) this.lastWheelElsewhere = event.timeStamp;
    };
    document.addEventListener("inkling-atlas", this.onAtlas);
    document.addEventListener("wheel", this.onWheel, { passive: true, capture: true });
    this.sizes = new ResizeObserver(() => this.drawSoon());
  }

  close() {
    document.removeEventListener("inkling-atlas", this.onAtlas);
    document.removeEventListener("wheel", this.onWheel, { capture: true });
    this.sizes.disconnect();
    scatters.delete(this.root);
  }

  update(data) {
    if (data.key !== this.data?.key) this.take(data);
    // The theme may be another one.
    this.readColours();
    this.drawLegend();
    this.drawSoon();
  }

  take(data) {
    const others = data.images !== this.data?.images;
    this.data = data;
    this.labels = decode(data.labels, Uint16Array);
    this.indices = decode(data.indices, Uint32Array);
    if (others) {
      this.chosen.clear();
      this.lit.clear();
      this.at = -1;
    }
    this.part("views").classList.toggle("alone", data.views.length === 1);
    this.views.splice(data.views.length).forEach((view) => view.figure.remove());
    data.views.forEach((given, number) => {
      this.views[number] ??= new View(this);
      this.views[number].take(given);
    });
    this.tell();
  }

  readColours() {
    const style = getComputedStyle(this.root);
    this.foreground = style.getPropertyValue("--st-text-color").trim() || style.color;
    this.background = style.getPropertyValue("--st-background-color").trim() || "#fff";
    this.primary = style.getPropertyValue("--st-primary-color").trim() || this.foreground;
    this.stamps = new Map();
  }

  colour(kind) {
    return kind.colour || this.foreground;
  }

  /** A mark painted once, to be copied to each of its points. */
  stamp(label, radius) {
    const key = `${label} ${radius}`;
    if (!this.stamps.has(key)) {
      const kind = this.data.classes[label];
      const scale = devicePixelRatio || 1;
      const side = Math.ceil((radius * 1.2 + 1.5) * 2 * scale);
      const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
      const pen = canvas.getContext("2d");
      pen.scale(scale, scale);
      trace(pen, kind.shape, side / scale / 2, side / scale / 2, radius);
      pen.fillStyle = this.colour(kind);
      pen.fill();
      pen.lineWidth = 0.7;
      pen.strokeStyle = this.background;
      pen.stroke();
      this.stamps.set(key, canvas);
    }
    return this.stamps.get(key);
  }

  drawLegend() {
    const legend = this.part("legend");
    const had = this.root.getRootNode().activeElement?.dataset?.label;
    legend.replaceChildren(
      ...this.data.classes.flatMap((kind, label) => {
        if (!kind.count) return [];
        const button = make("button");
        button.type = "button";
        button.dataset.label = label;
        button.setAttribute("aria-pressed", this.lit.has(label));
        const picture = this.stamp(label, 6);
        const swatch = Object.assign(make("canvas"), { width: picture.width, height: picture.height });
        swatch.style.width = `${picture.width / (devicePixelRatio || 1)}px`;
        swatch.getContext("2d").drawImage(picture, 0, 0);
        swatch.setAttribute("aria-hidden", "true");
        button.append(swatch, make("span", "", kind.name));
        button.addEventListener("click", () => this.light(label));
        return [button];
      }),
    );
    legend.querySelector(`[data-label="${had}"]`)?.focus();
  }

  light(label) {
    if (!this.lit.delete(label)) this.lit.add(label);
    this.drawLegend();
    this.drawSoon();
    const names = [...this.lit].map((one) => this.data.classes[one].name);
    this.say(names.length ? `Only ${names.join(", ")} stand out.` : "All classes are shown alike.");
  }

  setMoving(moving) {
    this.moving = moving;
    this.part("lasso").setAttribute("aria-pressed", !moving);
    this.part("move").setAttribute("aria-pressed", moving);
    this.views.forEach((view) => view.stage.classList.toggle("moving", moving));
  }

  zoomAll(factor) {
    this.views.forEach((view) => view.zoomAt(factor, view.width / 2, view.height / 2));
  }

  showAll() {
    this.views.forEach((view) => view.showAll());
    this.drawSoon();
  }

  isBright(place) {
    if (this.lit.size && !this.lit.has(this.labels[place])) return false;
    return !this.chosen.size || this.chosen.has(place);
  }

  pointAt(place, view = null) {
    this.at = place;
    this.card = view;
    this.drawCard();
    this.views.forEach((one) => one.drawOver());
  }

  describe(place) {
    return `${this.data.classes[this.labels[place]].name}, image ${this.indices[place]}`;
  }

  choose(places, add = false) {
    this.chosen = new Set(add ? [...this.chosen, ...places] : places);
    this.tell();
    this.drawSoon();
    this.send([...this.chosen].sort((one, other) => one - other));
  }

  tell() {
    const count = this.chosen.size;
    this.part("clear").disabled = !count;
    this.say(count ? `${count.toLocaleString("en-GB")} image${count === 1 ? "" : "s"} chosen. They are shown below the map.` : "");
  }

  say(text) {
    this.part("said").textContent = text;
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.views.forEach((view) => view.draw());
    });
  }

  drawCard() {
    this.views.forEach((view) => view.showCard(view === this.card && this.at >= 0 ? this.at : -1));
  }
}

class View {
  constructor(scatter) {
    this.scatter = scatter;
    this.figure = make("figure");
    this.title = make("figcaption");
    this.stage = make("div", "stage");
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.base = make("canvas");
    this.over = make("canvas");
    this.card = make("div", "card");
    this.card.hidden = true;
    this.picture = make("canvas");
    this.words = make("span");
    this.card.append(this.picture, this.words);
    this.stage.append(this.base, this.over, this.card);
    this.figure.append(this.title, this.stage);
    scatter.part("views").append(this.figure);
    scatter.sizes.observe(this.stage);
    this.pointers = new Map();
    this.lasso = null;
    this.listen();
    this.showAll();
  }

  take({ title, label, points }) {
    this.title.textContent = title;
    this.stage.setAttribute("aria-label", label);
    if (points === this.points) return;
    this.points = points;
    this.xy = decode(points, Uint16Array);
    this.showAll();
  }

  listen() {
    const on = (name, action, options) => this.stage.addEventListener(name, action.bind(this), options);
    on("pointerdown", this.press);
    on("pointermove", this.drag);
    on("pointerup", this.lift);
    on("pointercancel", this.drop);
    on("pointerleave", () => this.pointers.size || this.scatter.pointAt(-1));
    on("wheel", this.wheel, { passive: false });
    on("keydown", this.key);
    on("blur", () => this.scatter.pointAt(-1));
  }

  showAll() {
    this.zoom = 1;
    this.middle = [0.5, 0.5];
  }

  get width() {
    return this.stage.clientWidth;
  }

  get height() {
    return this.stage.clientHeight;
  }

  get unit() {
    return Math.min(this.width, this.height) * 0.94 * this.zoom;
  }

  /** Where a point is drawn, in CSS pixels. */
  screen(place) {
    return [
      (this.xy[place * 2] / 65535 - this.middle[0]) * this.unit + this.width / 2,
      (this.middle[1] - this.xy[place * 2 + 1] / 65535) * this.unit + this.height / 2,
    ];
  }

  zoomAt(factor, x, y) {
    const before = this.unit;
    this.zoom = Math.min(Math.max(this.zoom * factor, 1), MOST_ZOOM);
    // What is under the pointer stays there.
    const shift = 1 / before - 1 / this.unit;
    this.middle = this.zoom === 1 ? [0.5, 0.5] : [this.middle[0] + (x - this.width / 2) * shift, this.middle[1] - (y - this.height / 2) * shift];
    this.scatter.drawSoon();
  }

  pan(across, down) {
    this.middle = [this.middle[0] - across / this.unit, this.middle[1] + down / this.unit];
    this.scatter.drawSoon();
  }

  nearest(x, y, reach = NEAR) {
    let found = -1;
    let best = reach * reach;
    for (let place = 0; place < this.scatter.labels.length; place++) {
      const [px, py] = this.screen(place);
      const distance = (px - x) ** 2 + (py - y) ** 2 + (this.scatter.isBright(place) ? 0 : NEAR);
      if (distance < best) [found, best] = [place, distance];
    }
    return found;
  }

  where(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left - this.stage.clientLeft, event.clientY - box.top - this.stage.clientTop];
  }

  press(event) {
    if (event.button) return;
    const [x, y] = this.where(event);
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, [x, y]);
    this.isClick = this.pointers.size === 1;
    this.lasso = this.isClick && !this.scatter.moving ? [[x, y]] : null;
    this.began = [x, y];
  }

  drag(event) {
    const [x, y] = this.where(event);
    const before = this.pointers.get(event.pointerId);
    if (!before) return this.scatter.pointAt(this.nearest(x, y), this);
    this.pointers.set(event.pointerId, [x, y]);
    if (Math.hypot(x - this.began[0], y - this.began[1]) > 4) this.isClick = false;
    if (this.pointers.size === 2) this.pinch(event.pointerId, before);
    else if (this.lasso) this.lasso.push([x, y]);
    else this.pan(x - before[0], y - before[1]);
    this.drawOver();
  }

  pinch(moved, before) {
    const now = this.pointers.get(moved);
    const [, other] = [...this.pointers].find(([id]) => id !== moved);
    const apart = ([x, y]) => Math.max(Math.hypot(x - other[0], y - other[1]), 1);
    this.zoomAt(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  }

  lift(event) {
    const { lasso, isClick } = this;
    this.drop(event);
    const [x, y] = this.where(event);
    if (isClick) {
      const place = this.nearest(x, y, event.pointerType === "touch" ? 2 * NEAR : NEAR);
      this.scatter.pointAt(place, this);
      this.scatter.choose(place < 0 ? [] : [place], event.shiftKey);
    } else if (lasso) this.scatter.choose(this.inside(lasso), event.shiftKey);
  }

  drop(event) {
    this.pointers.delete(event.pointerId);
    this.lasso = null;
    this.drawOver();
  }

  /** The bright points within a closed line. */
  inside(line) {
    const path = new Path2D();
    line.forEach(([x, y], at) => path[at ? "lineTo" : "moveTo"](x, y));
    const pen = document.createElement("canvas").getContext("2d");
    const places = Array.from(this.scatter.labels.keys());
    return places.filter((place) => (!this.scatter.lit.size || this.scatter.lit.has(this.scatter.labels[place])) && pen.isPointInPath(path, ...this.screen(place)));
  }

  wheel(event) {
    // Whoever scrolls the page should not be caught when a map comes under the pointer, nor held by one that is shown whole.
    if (event.timeStamp - this.scatter.lastWheelElsewhere < 350 || (event.deltaY > 0 && this.zoom === 1)) {
      this.scatter.lastWheelElsewhere = event.timeStamp;
      return;
    }
    event.preventDefault();
    this.zoomAt(Math.exp(-Math.max(-100, Math.min(event.deltaY, 100)) / 250), ...this.where(event));
  }

  key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { scatter } = this;
    const actions = {
      Enter: () => scatter.at >= 0 && scatter.choose([scatter.at], event.shiftKey),
      " ": () => scatter.at >= 0 && scatter.choose([scatter.at], event.shiftKey),
      n: () => scatter.at >= 0 && scatter.choose(this.around(scatter.at), event.shiftKey),
      "+": () => this.zoomAt(1.6, ...(scatter.at >= 0 ? this.screen(scatter.at) : [this.width / 2, this.height / 2])),
      "-": () => this.zoomAt(1 / 1.6, this.width / 2, this.height / 2),
      0: () => scatter.showAll(),
      Escape: () => scatter.choose([]),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = steps[event.key] ? () => this.step(...steps[event.key]) : actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  /** To the nearest point in a direction: within a cone of 45 degrees to either side, near in it and little off it. */
  step(across, down) {
    const { scatter } = this;
    const [x, y] = scatter.at >= 0 ? this.screen(scatter.at) : [this.width / 2, this.height / 2];
    let found = -1;
    let best = Infinity;
    for (let place = 0; place < scatter.labels.length; place++) {
      if (place === scatter.at || (scatter.lit.size && !scatter.lit.has(scatter.labels[place]))) continue;
      const [px, py] = this.screen(place);
      const ahead = (px - x) * across + (py - y) * down;
      const aside = Math.abs((px - x) * down - (py - y) * across);
      if (ahead > 0.01 && aside <= ahead && ahead + 2 * aside < best) [found, best] = [place, ahead + 2 * aside];
    }
    if (found < 0) return;
    const [fx, fy] = this.screen(found);
    this.pan(Math.min(0, this.width - 20 - fx) + Math.max(0, 20 - fx), Math.min(0, this.height - 20 - fy) + Math.max(0, 20 - fy));
    scatter.pointAt(found, this);
    scatter.say(`${scatter.describe(found)}.`);
  }

  /** A point and those nearest to it. */
  around(middle) {
    const [x, y] = this.screen(middle);
    const away = (place) => Math.hypot(this.screen(place)[0] - x, this.screen(place)[1] - y);
    const distances = Array.from(this.scatter.labels.keys(), (place) => [away(place), place]);
    return distances.sort((one, other) => one[0] - other[0]).slice(0, GROUP).map(([, place]) => place);
  }

  pen(canvas) {
    const scale = devicePixelRatio || 1;
    const [width, height] = [Math.round(this.width * scale), Math.round(this.height * scale)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    return pen;
  }

  get radius() {
    const alone = Math.min(5.5, Math.max(2.8, 5.5 - 0.6 * Math.log2(this.scatter.labels.length / 500)));
    return Math.round(alone * Math.min(2.2, this.zoom ** 0.4) * Math.min(1, this.width / 420 + 0.2) * 2) / 2;
  }

  draw() {
    const { scatter } = this;
    const pen = this.pen(this.base);
    const radius = this.radius;
    const paint = (bright) => {
      pen.globalAlpha = bright ? 1 : 0.13;
      for (let place = 0; place < scatter.labels.length; place++) {
        if (scatter.isBright(place) !== bright) continue;
        const [x, y] = this.screen(place);
        if (x < -20 || y < -20 || x > this.width + 20 || y > this.height + 20) continue;
        const stamp = scatter.stamp(scatter.labels[place], radius);
        const side = stamp.width / (devicePixelRatio || 1);
        pen.drawImage(stamp, x - side / 2, y - side / 2, side, side);
      }
    };
    if (scatter.lit.size || scatter.chosen.size) paint(false);
    paint(true);
    this.drawOver();
  }

  /** What changes with each movement: the line being drawn, and a ring around the image that is pointed at, in every map. */
  drawOver() {
    const { scatter } = this;
    const pen = this.pen(this.over);
    pen.strokeStyle = scatter.primary;
    pen.lineWidth = 2;
    if (this.lasso) {
      pen.setLineDash([5, 4]);
      pen.beginPath();
      this.lasso.forEach(([x, y], at) => pen[at ? "lineTo" : "moveTo"](x, y));
      pen.closePath();
      pen.stroke();
      pen.globalAlpha = 0.1;
      pen.fillStyle = scatter.primary;
      pen.fill();
      pen.globalAlpha = 1;
      pen.setLineDash([]);
    }
    if (scatter.at < 0) return;
    const [x, y] = this.screen(scatter.at);
    const stamp = scatter.stamp(scatter.labels[scatter.at], this.radius + 2);
    const side = stamp.width / (devicePixelRatio || 1);
    pen.drawImage(stamp, x - side / 2, y - side / 2, side, side);
    pen.beginPath();
    pen.arc(x, y, this.radius + 6, 0, 7);
    pen.stroke();
  }

  /** The image of a point, large, beside it; -1 for none. */
  showCard(place) {
    this.card.hidden = place < 0;
    if (place < 0) return;
    const { scatter } = this;
    this.words.textContent = scatter.describe(place);
    const atlas = atlases.get(scatter.data.images);
    this.picture.hidden = !atlas;
    if (atlas) {
      const times = Math.max(1, Math.round(112 / Math.max(atlas.width, atlas.height)));
      Object.assign(this.picture, { width: atlas.width * times, height: atlas.height * times });
      const pen = this.picture.getContext("2d");
      pen.imageSmoothingEnabled = false;
      const [left, top] = [(place % atlas.across) * atlas.width, Math.floor(place / atlas.across) * atlas.height];
      pen.drawImage(atlas.image, left, top, atlas.width, atlas.height, 0, 0, this.picture.width, this.picture.height);
    }
    const [x, y] = this.screen(place);
    const [wide, high] = [this.card.offsetWidth, this.card.offsetHeight];
    this.card.style.left = `${x + 16 + wide < this.width ? x + 16 : Math.max(0, x - 16 - wide)}px`;
    this.card.style.top = `${Math.max(4, Math.min(y - high / 2, this.height - high - 4))}px`;
  }
}
