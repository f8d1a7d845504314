"use strict";
// One clock moves the skeleton, the footage and the lines on the charts.
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const end = data.start + data.frames / data.fps;
  const bars = [...document.querySelectorAll(".movement")];
  const stage = $("stage");
  let video = $("video");
  let time = data.start;
  let playing = false;
  let speed = 1;
  let last = 0;

  const { full, frameAt, closeUp, readColours, drawOn } = makeSkeleton(data);
  let view = full;
  const draw = () => drawOn(stage, view, frameAt(time));

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
