/** What a setting is: its name in the environment, and how its text is read. */

/** A setting as the reference documents it; `read` gives the value or the fault. */
export interface SettingSpec<T> {
  readonly env: string;
  readonly defaultText: string;
  readonly range: string;
  readonly effect: string;
  /** Never shown, and read from a file as well: the name with `_FILE` behind it. */
  readonly secret?: true;
  readonly read: (text: string) => T | SettingFault;
}

export class SettingFault {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}
