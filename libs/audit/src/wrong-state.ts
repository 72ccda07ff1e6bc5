/** What was asked for does not fit the state of things; the message says what does. */
export class WrongState extends Error {
  override name = 'WrongState';
  readonly code: WrongStateCode;

  constructor(code: WrongStateCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type WrongStateCode =
  | 'incident_conflict'
  | 'transfer_not_held'
  | 'decision_impossible'
  | 'run_not_finished'
  | 'nothing_to_rerun'
  | 'route_changed'
  | 'already_paused'
  | 'not_paused';
