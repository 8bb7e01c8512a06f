// A box that takes a picture from the clipboard: by the keyboard's own way of pasting, by the menu of a long press, and, where the
// browser allows it, by a button. The picture is made no larger than needed before it is sent.

const LARGEST = 1600;

export default function ({ parentElement, setTriggerValue }) {
  const [box, button, said] = ["box", "button", "said"].map((part) => parentElement.querySelector(`[data-part="${part}"]`));
  const say = (words) => (said.textContent = words);
  const take = (picture) => takePicture(picture, say, setTriggerValue);
  button.hidden = !navigator.clipboard?.read;
  button.onclick = () => readClipboard(take, say);
  box.onpaste = (event) => {
    event.preventDefault();
    const picture = [...event.clipboardData.files].find(isPicture);
    picture ? take(picture) : say("There is no picture in the clipboard. Copy one first, for example a screenshot.");
  };
  // It is editable only so that every browser lets one paste there. Nothing can be written into it.
  box.onbeforeinput = (event) => event.preventDefault();
  box.ondrop = (event) => event.preventDefault();
}

const isPicture = (thing) => thing.type.startsWith("image/");

async function readClipboard(take, say) {
  let items;
  try {
    items = await navigator.clipboard.read();
  } catch {
    say("The browser did not allow it. Click into the box and press Ctrl+V, or Cmd+V on a Mac.");
    return;
  }
  const item = items.find((candidate) => candidate.types.some((type) => type.startsWith("image/")));
  if (!item) {
    say("There is no picture in the clipboard. Copy one first, for example a screenshot.");
    return;
  }
  await take(await item.getType(item.types.find((type) => type.startsWith("image/"))));
}

async function takePicture(picture, say, setTriggerValue) {
  say("Reading the picture.");
  try {
    const bitmap = await createImageBitmap(picture);
    setTriggerValue("pasted", shrink(bitmap).toDataURL("image/png"));
    say(`A picture of ${bitmap.width} x ${bitmap.height} pixels was pasted.`);
  } catch {
    say("The browser can't read this picture. Save it as a PNG file and upload that.");
  }
}

function shrink(bitmap) {
  const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
