/** Puts text into the clipboard, also on pages (plain http) that may not use the clipboard interface. */
export async function copyText(text: string, near: HTMLElement): Promise<void> {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "bw-hidden";
  const focused = document.activeElement;
  near.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  if (!done) throw new Error(`This page may not use the clipboard. The text is: ${text}`);
}
