/** A reporter of vitest: sends `vitest-limits.mjs`, its parent process, what began and what ended. */
const tell = (message) => process.send?.(message);

export default class Progress {
  onTestModuleQueued({ moduleId }) {
    tell({ began: moduleId });
  }

  onTestModuleEnd({ moduleId }) {
    tell({ ended: moduleId });
  }

  onTestCaseResult() {
    tell({});
  }
}
