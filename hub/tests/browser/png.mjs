// Makes a screenshot smaller: at most 256 colours, each pixel a byte (PNG, W3C Recommendation, colour type 3).
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

export function smaller(picture) {
  const { width, height, pixels } = read(picture);
  const counts = new Map();
  // Text has a thousand shades where two colours meet: five bits of each are enough to read it by.
  const coarse = (rgb) => ((rgb >> 16) & 0xf8) << 16 | ((rgb >> 8) & 0xf8) << 8 | (rgb & 0xf8);
  for (const rgb of pixels) counts.set(rgb, (counts.get(rgb) ?? 0) + 1);
  const shades = new Map();
  for (const [rgb, count] of counts) {
    const group = shades.get(coarse(rgb)) ?? { rgb, most: 0, count: 0 };
    if (count > group.most) Object.assign(group, { rgb, most: count });
    group.count += count;
    shades.set(coarse(rgb), group);
  }
  const palette = [...shades.values()].sort((one, other) => other.count - one.count).slice(0, 256).map((group) => group.rgb);
  const places = new Map();
  const rows = Buffer.alloc(height * (width + 1));
  for (let at = 0; at < pixels.length; at += 1) {
    const rgb = pixels[at];
    if (!places.has(rgb)) places.set(rgb, nearest(palette, rgb));
    rows[Math.floor(at / width) * (width + 1) + 1 + (at % width)] = places.get(rgb);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((rgb) => [rgb >> 16, (rgb >> 8) & 255, rgb & 255]));
  const parts = [['IHDR', header], ['PLTE', colours], ['IDAT', deflateSync(rows, { level: 9 })], ['IEND', Buffer.alloc(0)]];
  return Buffer.concat([SIGNATURE, ...parts.map(([type, data]) => chunk(type, data))]);
}

function nearest(palette, rgb) {
  const far = (other) => [16, 8, 0].reduce((sum, bits) => sum + (((rgb >> bits) & 255) - ((other >> bits) & 255)) ** 2, 0);
  let best = 0;
  for (let at = 1; at < palette.length; at += 1) if (far(palette[at]) < far(palette[best])) best = at;
  return best;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body) >>> 0, 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

// What Chromium writes: eight bits a colour, with or without transparency, not interlaced.
function read(picture) {
  let width, height, channels;
  const data = [];
  for (let at = 8; at < picture.length; ) {
    const length = picture.readUInt32BE(at);
    const type = picture.toString('latin1', at + 4, at + 8);
    const body = picture.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      [width, height, channels] = [body.readUInt32BE(0), body.readUInt32BE(4), { 2: 3, 6: 4 }[body[9]]];
    } else if (type === 'IDAT') data.push(body);
    at += 12 + length;
  }
  const bytes = inflateSync(Buffer.concat(data));
  const stride = width * channels;
  const pixels = new Uint32Array(width * height);
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y += 1) {
    const row = bytes.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
    unfilter(bytes[y * (stride + 1)], row, above, channels);
    for (let x = 0; x < width; x += 1) {
      const at = x * channels;
      pixels[y * width + x] = (row[at] << 16) | (row[at + 1] << 8) | row[at + 2];
    }
    above = row;
  }
  return { width, height, pixels };
}

function unfilter(filter, row, above, channels) {
  for (let at = 0; at < row.length; at += 1) {
    const left = at < channels ? 0 : row[at - channels];
    const corner = at < channels ? 0 : above[at - channels];
    row[at] += [0, left, above[at], (left + above[at]) >> 1, paeth(left, above[at], corner)][filter];
  }
}

function paeth(left, up, corner) {
  const [fromLeft, fromUp, fromCorner] = [left, up, corner].map((value) => Math.abs(left + up - corner - value));
  if (fromLeft <= fromUp && fromLeft <= fromCorner) return left;
  return fromUp <= fromCorner ? up : corner;
}
