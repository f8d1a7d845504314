"use strict";
// A recording's poses as replay.py packs them: read, and drawn on a canvas.
function makeSkeleton(data) {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const position = new Int16Array(bytes(data.position).buffer);
  const confidence = bytes(data.confidence);
  const count = data.keypoints.length;
  const cuts = new Set(data.cuts);
  const index = (name) => data.keypoints.indexOf(name);
  let context;

  function keypoint(frame, k) {
    const at = frame * count + k;
    const x = position[2 * at];
    if (x === data.missing) return null;
    return { x: x / data.perPixel, y: position[2 * at + 1] / data.perPixel, sure: confidence[at] >= 127.5 };
  }
  const frameAt = (t) => Math.max(0, Math.min(data.frames - 1, Math.floor((t - data.start) * data.fps + 1e-3)));
  const side = (k) => (/^(right|left)_/.exec(data.keypoints[k]) || ["", "middle"])[1];
  const isArm = (k) => /_(shoulder|elbow|wrist)$/.test(data.keypoints[k]);

  const full = { x: 0, y: 0, width: data.size[0], height: data.size[1] };
  // What a stretch of frames fills of the picture, at the picture's own proportions.
  function closeUp(first = 0, behind = data.frames) {
    let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 2 * first * count; i < 2 * behind * count; i += 2) {
      // What is unsure may be anywhere, and would keep the view wide.
      if (position[i] === data.missing || confidence[i / 2] < 127.5) continue;
      x0 = Math.min(x0, position[i]); x1 = Math.max(x1, position[i]);
      y0 = Math.min(y0, position[i + 1]); y1 = Math.max(y1, position[i + 1]);
    }
    if (x1 < x0) return full;
    const scale = Math.min(1, 1.3 * Math.max((x1 - x0) / full.width, (y1 - y0) / full.height) / data.perPixel);
    const [width, height] = [full.width * scale, full.height * scale];
    const inside = (middle, size, all) => Math.max(0, Math.min(middle / data.perPixel - size / 2, all - size));
    return { x: inside((x0 + x1) / 2, width, full.width), y: inside((y0 + y1) / 2, height, full.height), width, height };
  }
  let colour = {};
  function readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const [name, variable] of [["right", "--right"], ["left", "--left"], ["middle", "--soft"], ["frame", "--line"]])
      colour[name] = style.getPropertyValue(variable).trim();
  }

  function line(a, b, width, ink) {
    context.globalAlpha = a.sure && b.sure ? 1 : 0.3;
    context.strokeStyle = ink;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(a.x, a.y);
    context.lineTo(b.x, b.y);
    context.stroke();
  }

  function head(points, width) {
    const [nose, rightEye, leftEye, rightEar, leftEar, right, left] = [
      "nose", "right_eye", "left_eye", "right_ear", "left_ear", "right_shoulder", "left_shoulder",
    ].map((name) => points[index(name)] || null);
    const face = [nose, rightEye, leftEye, rightEar, leftEar].filter(Boolean);
    if (!face.length) return;
    const apart = (a, b) => (a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0);
    const radius = Math.max(apart(rightEar, leftEar) * 0.56, apart(rightEye, leftEye) * 1.1, apart(right, left) * 0.2);
    if (!radius) return;
    const middle = rightEar && leftEar ? [rightEar, leftEar] : face;
    const x = middle.reduce((sum, p) => sum + p.x, 0) / middle.length;
    const y = middle.reduce((sum, p) => sum + p.y, 0) / middle.length;
    const [a, b] = rightEye && leftEye ? [rightEye, leftEye] : [rightEar, leftEar];
    const tilt = a && b && b.x > a.x ? Math.atan2(b.y - a.y, b.x - a.x) : 0;
    context.globalAlpha = face.some((p) => p.sure) ? 1 : 0.3;
    context.strokeStyle = colour.middle;
    context.lineWidth = width * 0.6;
    context.beginPath();
    context.ellipse(x, y, radius, radius * 1.35, tilt, 0, 2 * Math.PI);
    context.stroke();
  }

  function drawOn(canvas, view, frame) {
    context = canvas.getContext("2d");
    const ratio = canvas.width / view.width;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(ratio, 0, 0, ratio, -view.x * ratio, -view.y * ratio);
    context.lineCap = context.lineJoin = "round";
    context.globalAlpha = 1;
    context.strokeStyle = colour.frame;
    context.lineWidth = 1 / ratio;
    if (view !== full) context.strokeRect(0, 0, full.width, full.height);
    if (!data.frames) return;
    const points = Array.from({ length: count }, (_, k) => keypoint(frame, k));
    const width = Math.max((data.shoulders || full.width / 5) * 0.055, 2 / ratio);
    // The wrists' way over the last second: gestures are what is compared.
    data.keypoints.forEach((name, k) => {
      if (!name.endsWith("_wrist")) return;
      // Unbroken only: a cut or a gap is no gesture.
      for (let f = frame; f > Math.max(0, frame - data.fps) && !cuts.has(f); f--) {
        const [a, b] = [keypoint(f - 1, k), keypoint(f, k)];
        if (!a || !b || !a.sure || !b.sure) break;
        line(a, b, width * 0.35, colour[side(k)]);
      }
    });
    for (const [i, j] of data.edges)
      if (points[i] && points[j]) line(points[i], points[j], width, isArm(j) ? colour[side(j)] : colour.middle);
    head(points, width);
    points.forEach((p, k) => {
      if (!p) return;
      context.globalAlpha = p.sure ? 1 : 0.3;
      context.fillStyle = colour[side(k)];
      context.beginPath();
      context.arc(p.x, p.y, width * (isArm(k) ? 0.9 : 0.6), 0, 2 * Math.PI);
      context.fill();
    });
  }

  return { full, frameAt, keypoint, closeUp, readColours, drawOn };
}
