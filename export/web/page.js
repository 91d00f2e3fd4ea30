// Small pieces of the page: elements, numbers in words, work that only its latest call matters to.
export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function reportProblem(error) {
  console.error(error);
  window.explorerProblem(error instanceof Error ? error.message : String(error));
}

/** Runs a task; calls that come while it runs are one more run, with the arguments of the last. */
export function latest(task) {
  let running = false;
  let waiting = null;
  return async function again(...given) {
    if (running) {
      waiting = given;
      return;
    }
    running = true;
    try {
      await task(...given);
    } catch (error) {
      reportProblem(error);
    } finally {
      running = false;
    }
    if (waiting) {
      const next = waiting;
      waiting = null;
      await again(...next);
    }
  };
}

const HUES = [221, 28, 152, 348, 266, 186, 48, 312, 96, 8];

/** The colour of a component, the same wherever it is shown. */
export function colourOf(component) {
  const hue = component < HUES.length ? HUES[component] : (component * 137.5) % 360;
  return `hsl(${hue} 65% 55%)`;
}

export const milliseconds = (value) => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
