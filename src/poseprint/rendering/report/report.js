"use strict";
// One clock moves the skeleton, the footage and the lines on the charts.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const position = new Int16Array(bytes(data.position).buffer);
  const confidence = bytes(data.confidence);
  const count = data.keypoints.length;
  const cuts = new Set(data.cuts);
  const index = (name) => data.keypoints.indexOf(name);
  const end = data.start + data.frames / data.fps;
  const bars = [...document.querySelectorAll(".movement")];
  const stage = $("stage");
  let context = stage.getContext("2d");
  let video = $("video");
  let time = data.start;
  let playing = false;
  let speed = 1;
  let last = 0;

  // ---- the pose of a frame ----

  function keypoint(frame, k) {
    const at = frame * count + k;
    const x = position[2 * at];
    if (x === data.missing) return null;
    return { x: x / data.perPixel, y: position[2 * at + 1] / data.perPixel, sure: confidence[at] >= 127.5 };
  }
  const frameAt = (t) => Math.max(0, Math.min(data.frames - 1, Math.floor((t - data.start) * data.fps + 1e-3)));
  const side = (k) => (/^(right|left)_/.exec(data.keypoints[k]) || ["", "middle"])[1];
  const isArm = (k) => /_(shoulder|elbow|wrist)$/.test(data.keypoints[k]);

  // ---- drawing ----

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
  let view = full;
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

  const draw = () => drawOn(stage, view, frameAt(time));
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

  // ---- what follows the clock ----

  const digits = (value, width) => String(value).padStart(width, "0");
  function clock(t) {
    const tenths = Math.round(t * 10);
    const [h, m, s] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, Math.floor(tenths / 10) % 60];
    return `${h ? `${h}:${digits(m, 2)}` : m}:${digits(s, 2)}.${tenths % 10}`;
  }
  const movementAt = (t) => data.movements.findLastIndex(([a, b]) => a <= t + 1e-3 && t < b - 1e-3);
  function describe(movement) {
    if (!bars.length) return;
    $("readout").textContent = movement >= 0 ? bars[movement].getAttribute("aria-label") : `${clock(time)}: not used, no movement was judged here`;
  }
  let pointed = -1;
  function show() {
    const share = `${Math.max(0, Math.min(100, (100 * (time - data.start)) / (end - data.start || 1)))}%`;
    for (const mark of document.querySelectorAll(".playhead")) {
      mark.setAttribute("x1", share);
      mark.setAttribute("x2", share);
    }
    const frame = frameAt(time);
    $("slider").value = frame;
    $("slider").setAttribute("aria-valuetext", clock(time));
    $("clock").textContent = `${clock(time)} / ${clock(end)}`;
    $("still").textContent = clock(time);
    describe(pointed >= 0 ? pointed : movementAt(time));
    draw();
  }

  function seek(t) {
    // The last frame, not the end: there is nothing to draw at the end.
    time = Math.max(data.start, Math.min(t, end - 1 / data.fps));
    // Half a frame in, so that rounding cannot show the frame before.
    if (video) video.currentTime = time + 0.5 / data.fps;
    show();
  }
  const step = (frames) => seek(data.start + (frameAt(time) + frames) / data.fps);

  function play(on) {
    playing = on && data.frames > 0;
    $("play").setAttribute("aria-pressed", playing);
    $("play").querySelector("span").textContent = playing ? "Pause" : "Play";
    $("glyph").setAttribute("d", playing ? "M5 4h5v16H5zM14 4h5v16h-5z" : "M7 4l14 8-14 8z");
    if (!playing) {
      if (video) video.pause();
      return;
    }
    if (time >= end - 1.5 / data.fps) seek(data.start);
    if (video) {
      video.playbackRate = speed;
      video.play().catch(() => play(false));
    }
    last = performance.now();
    requestAnimationFrame(tick);
  }
  function tick(now) {
    if (!playing) return;
    // Footage cannot be hurried, so where there is some it leads.
    time = video ? Math.max(data.start, video.currentTime) : time + (Math.max(0, now - last) / 1000) * speed;
    last = now;
    if (time >= end - 0.5 / data.fps || (video && video.ended)) {
      time = Math.min(time, end - 1 / data.fps);
      play(false);
    }
    show();
    if (playing) requestAnimationFrame(tick);
  }

  // ---- hands on ----

  $("play").addEventListener("click", () => play(!playing));
  $("slider").addEventListener("input", (event) => seek(data.start + event.target.value / data.fps));
  $("speed").addEventListener("change", (event) => {
    speed = Number(event.target.value);
    if (video) video.playbackRate = speed;
  });
  $("zoom").addEventListener("change", (event) => {
    view = event.target.checked ? closeUp() : full;
    draw();
  });
  if (video) {
    video.addEventListener("error", () => {
      video.closest("figure").remove();
      video = null;
    });
  }
  for (const button of document.querySelectorAll(".seek")) button.addEventListener("click", () => seek(Number(button.dataset.time)));

  $("chart").addEventListener("click", (event) => {
    const box = $("chart").getBoundingClientRect();
    const bar = event.target.closest(".movement");
    if (bar) choose(Number(bar.dataset.index));
    // A movement is watched from its start; elsewhere the place itself counts.
    else seek(data.start + ((event.clientX - box.left) / box.width) * (end - data.start));
  });
  // A movement that is chosen is watched, and what departs in it is told, if the page tells it.
  function choose(movement) {
    seek(data.movements[movement][0]);
    for (const panel of document.querySelectorAll(".chosen")) panel.hidden = Number(panel.dataset.index) !== movement;
    for (const each of document.querySelectorAll(".movement, .loop"))
      each.classList.toggle("is-chosen", Number(each.dataset.index) === movement);
  }
  function point(movement) {
    pointed = movement;
    describe(pointed >= 0 ? pointed : movementAt(time));
  }
  bars.forEach((bar, i) => {
    bar.addEventListener("pointerenter", () => point(i));
    bar.addEventListener("pointerleave", () => point(-1));
    bar.addEventListener("focus", () => point(i));
    bar.addEventListener("blur", () => point(-1));
    bar.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: bars.length - 1 }[event.key];
      if (event.key === "Enter" || event.key === " ") choose(i);
      else if (bars[to]) {
        // One stop for the tab key, however many the movements.
        bar.tabIndex = -1;
        bars[to].tabIndex = 0;
        bars[to].focus();
      } else return;
      event.preventDefault();
    });
  });

  $("player").addEventListener("keydown", (event) => {
    const own = event.target.tagName;
    const frames = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (own === "SELECT" || event.altKey || event.ctrlKey || event.metaKey) return;
    if (frames) {
      play(false);
      step(frames * (event.shiftKey ? Math.round(data.fps) : 1));
    } else if (event.key === " " && own !== "BUTTON" && event.target.type !== "checkbox") play(!playing);
    else return;
    event.preventDefault();
  });

  // ---- movements in a loop, side by side ----

  const loops = [...document.querySelectorAll(".loop")].map((button) => {
    const [a, b] = data.movements[button.dataset.index];
    const [first, behind] = [frameAt(a), Math.max(frameAt(a) + 1, frameAt(b - 0.5 / data.fps) + 1)];
    const loop = { canvas: button.querySelector("canvas"), first, behind, view: closeUp(first, behind), frame: first, seen: false };
    button.addEventListener("click", () => {
      choose(Number(button.dataset.index));
      $("chosen").scrollIntoView({ block: "nearest" });
    });
    return loop;
  });
  const drawLoop = (loop) => drawOn(loop.canvas, loop.view, loop.frame);
  let looping = false;
  let since = 0;
  function loopAll(on) {
    looping = on && loops.length > 0;
    $("loops").setAttribute("aria-pressed", looping);
    $("loops").textContent = looping ? "Pause all" : "Play all";
    since = performance.now();
    if (looping) requestAnimationFrame(turn);
  }
  function turn(now) {
    if (!looping) return;
    const gone = Math.floor((Math.max(0, now - since) / 1000) * data.fps);
    for (const loop of loops) {
      const frame = loop.first + (gone % (loop.behind - loop.first));
      if (!loop.seen || frame === loop.frame) continue;
      loop.frame = frame;
      drawLoop(loop);
    }
    requestAnimationFrame(turn);
  }
  if (loops.length) {
    // What is out of sight need not be drawn.
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) loops.find((loop) => loop.canvas === entry.target).seen = entry.isIntersecting;
    });
    for (const loop of loops) watcher.observe(loop.canvas);
    $("loops").addEventListener("click", () => loopAll(!looping));
  }

  // ---- sizes and colours ----

  const fit = (canvas, redraw) =>
    new ResizeObserver(() => {
      const width = Math.min(2400, Math.round(canvas.clientWidth * (window.devicePixelRatio || 1)));
      if (!width || width === canvas.width) return;
      canvas.width = width;
      canvas.height = Math.round((width * data.size[1]) / data.size[0]);
      redraw();
    }).observe(canvas);
  fit(stage, draw);
  for (const loop of loops) fit(loop.canvas, () => drawLoop(loop));
  for (const query of ["print", "(prefers-color-scheme: dark)"]) {
    matchMedia(query).addEventListener("change", () => {
      readColours();
      draw();
      loops.forEach(drawLoop);
    });
  }
  readColours();
  loops.forEach(drawLoop);
  if (loops.length) loopAll(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  // Open where the evidence begins, not on an empty picture.
  seek(data.movements.length ? data.movements[0][0] : data.start);
})();
