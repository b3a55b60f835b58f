/** What makes the controls of a page work. Pages are whole without it: controls are hidden then. */

/** What is loaded when a reader asks for it. */
export interface Verifier {
  press(place: HTMLElement): Promise<void>;
  take(place: HTMLElement, files: File[]): Promise<void>;
}

/** Wires all places of the page where something is verified. */
export function start(load: () => Promise<Verifier>): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-verify]')) {
    wire(place, load);
  }
}

function wire(place: HTMLElement, load: () => Promise<Verifier>): void {
  const run = async (action: (verifier: Verifier) => Promise<void>): Promise<void> => {
    let verifier: Verifier;
    try {
      verifier = await load();
    } catch {
      const result = place.querySelector('.result');
      result?.replaceChildren('核验程序未能载入,请刷新本页。The verifier did not load: reload the page.');
      return;
    }
    await action(verifier);
  };
  const button = place.querySelector<HTMLButtonElement>('button.verify');
  button?.addEventListener('click', () => {
    button.disabled = true;
    void run((verifier) => verifier.press(place)).finally(() => {
      button.disabled = false;
    });
  });
  const picker = place.querySelector<HTMLInputElement>('input[type=file]');
  const take = (files: FileList | null | undefined): void =>
    void run((verifier) => verifier.take(place, [...files ?? []]));
  if (picker !== null) {
    picker.addEventListener('change', () => take(picker.files));
    place.addEventListener('dragover', (event) => event.preventDefault());
    place.addEventListener('drop', (event) => {
      event.preventDefault();
      take(event.dataTransfer?.files);
    });
  }
  for (const hidden of place.querySelectorAll<HTMLElement>('[hidden]')) {
    hidden.hidden = false;
  }
}
