// @ts-nocheck: runs in a page, whose globals the types of this project do not have.

/** What the bench of the dashboard measures inside of a page. */
globalThis.bench = { countFrames, lastLogPageAt, scrollLog, showBareTable, timeSteps, timeFirstPaint };

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** Resolves after what the browser does for the frame at hand: style, layout, paint. */
const afterFrame = () =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = resolve;
    port2.postMessage(null);
  });

async function countFrames(ms) {
  let frames = 0;
  for (const until = performance.now() + ms; performance.now() < until; frames++) await nextFrame();
  return frames;
}

/** When the last page of a log had come, from the page's beginning. */
function lastLogPageAt() {
  const pages = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/logs'));
  return Math.max(...pages.map(({ responseEnd }) => responseEnd));
}

/** Counts frames while the log moves by twelve lines in each. */
async function scrollLog(ms) {
  const log = document.querySelector('[role="log"]');
  log.scrollTop = 0;
  let frames = 0;
  for (const until = performance.now() + ms; performance.now() < until; frames++) {
    log.scrollTop += 240;
    await nextFrame();
  }
  return frames;
}

/** The same frames as the dashboard gets, shown with as little as can be: one cell is written for each. */
function showBareTable(address) {
  document.body.innerHTML = '<table></table>';
  const cells = new Map();
  const cellOf = (id) => {
    const known = cells.get(id);
    if (known !== undefined) return known;
    const cell = document.querySelector('table').insertRow().insertCell();
    cells.set(id, cell);
    return cell;
  };
  const socket = new WebSocket(address);
  socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', topic: 'queue' }));
  socket.onmessage = ({ data }) => {
    const { job } = JSON.parse(data);
    if (job !== undefined) cellOf(job.id).textContent = `${job.websiteName} ${job.progress} % ${job.currentStep}`;
  };
}

/** Steps to and fro with the focused slider; `script` includes style and layout, `painted` lasts to the frame's end. */
async function timeSteps(count) {
  const samples = [];
  for (let n = 0; n < count; n++) {
    const empty = await timeFrame(() => {});
    const key = n % 2 === 0 ? 'ArrowRight' : 'ArrowLeft';
    const step = await timeFrame(() => {
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    });
    samples.push({ ...step, empty: empty.painted });
  }
  return samples;
}

async function timeFrame(action) {
  await nextFrame();
  await afterFrame();
  const from = performance.now();
  action();
  const handled = performance.now() - from;
  await nextFrame();
  const frameFrom = performance.now();
  await afterFrame();
  const painted = performance.now();
  return { script: handled + (painted - frameFrom), painted: painted - from };
}

/** Goes to an address within the page and waits until the statechart is painted there. */
async function timeFirstPaint(path) {
  const from = performance.now();
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
  while (document.querySelector('[data-state^="buildJob"]') === null) await nextFrame();
  await nextFrame();
  await afterFrame();
  return performance.now() - from;
}
