/** One event of a `text/event-stream`, as the standard has it; comments and ids are left out. */
export interface RawEvent {
  name: string;
  data: string;
}

/** Cuts a stream of text into events, however the network cut it. */
export class EventReader {
  #rest = '';
  #name = '';
  #data: string[] = [];

  read(text: string): RawEvent[] {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    return lines.flatMap((line) => this.#take(line) ?? []);
  }

  #take(line: string): RawEvent | undefined {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#name = value;
    else if (field === 'data') this.#data.push(value);
    return undefined;
  }

  #end(): RawEvent | undefined {
    const event = { name: this.#name === '' ? 'message' : this.#name, data: this.#data.join('\n') };
    const isEvent = this.#data.length > 0;
    this.#name = '';
    this.#data = [];
    return isEvent ? event : undefined;
  }
}
