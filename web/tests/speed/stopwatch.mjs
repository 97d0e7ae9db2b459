// Times what a person waits for, inside the page.
//
// An interaction is timed from the moment at which the browser got the input (`timeStamp` of the event) to after the frame that
// shows its result. In every frame, after all that the page itself does in it, the condition is asked; once it holds, a message
// that is posted then comes back after that frame was drawn. So a result can be seen a frame late, never early. What Event Timing
// says of the same input (until its next frame was presented, in steps of 8 ms) counts if it is longer.

/** Puts the stopwatch into every page of a context. It has to be whole in itself: it runs in the page. */
export function install(context) {
  return context.addInitScript(() => {
    const inputs = new Map();
    const busy = [];
    const observe = (options, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ buffered: true, ...options });
    observe({ type: 'event', durationThreshold: 16 }, ({ startTime, duration }) => inputs.set(startTime, Math.max(duration, inputs.get(startTime) ?? 0)));
    observe({ type: 'longtask' }, ({ startTime, duration }) => busy.push([startTime, startTime + duration]));

    const later = (run) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        run();
      };
      channel.port2.postMessage(0);
    };
    const whenShown = (holds, settle) =>
      requestAnimationFrame(() => {
        const isShown = holds();
        later(() => (isShown ? settle(performance.now()) : whenShown(holds, settle)));
      });
    const presented = (began) => Math.max(0, ...[...inputs].filter(([at]) => Math.abs(at - began) < 0.5).map(([, duration]) => duration));

    window.stopwatch = {
      result: undefined,
      /** Waits for the next input of this type, and this key, and then for its result. */
      arm(type, key, holds) {
        this.result = new Promise((settle) => {
          const heard = (event) => {
            if (key !== null && event.key !== key) return;
            window.removeEventListener(type, heard, true);
            const began = event.timeStamp;
            // Asked for after the page has asked for its own frame.
            const end = (at) => setTimeout(() => settle(Math.max(at - began, presented(began))), 60);
            later(() => whenShown(holds, end));
          };
          window.addEventListener(type, heard, true);
        });
      },
      /** When something was first on screen, since the page was asked for. */
      shown: (selector) => new Promise((settle) => whenShown(() => document.querySelector(selector) !== null, settle)),
      /** The end of the last long task that began before, or within a while after, a moment: until then a click would have waited. */
      quietAfter: (moment, within) => busy.reduce((quiet, [start, end]) => (start < quiet + within ? Math.max(quiet, end) : quiet), moment),
      paint: () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    };
  });
}

/** Milliseconds from what `act` does, an input of `type`, to the frame that shows what `holds(given)` says, asked in the page. */
export async function time(page, { type, key = null, holds, given, act }) {
  const condition = await page.evaluateHandle(`(${holds})`);
  await page.evaluate(([type, key, holds, given]) => window.stopwatch.arm(type, key, () => holds(given)), [type, key, condition, given]);
  await act();
  const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error(`not shown: ${holds} of ${JSON.stringify(given)}`)), 15_000).unref());
  const took = await Promise.race([page.evaluate(() => window.stopwatch.result), late]);
  await condition.dispose();
  return took;
}

/** What of all that was timed is at most so much for this share. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
