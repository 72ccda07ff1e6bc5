let title = '';
let waiting = 0;

/** The title of the tab: what needs a person first, so that it is seen among twenty tabs. */
export function setTabTitle(said: string): void {
  title = said;
  show();
}

export function setWaitingCount(count: number): void {
  waiting = count;
  show();
}

function show(): void {
  if (title !== '') document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${title} · Waybill`;
}
