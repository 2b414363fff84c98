import { readFileSync } from 'node:fs';
import { setting } from '../scene';

/** The certificate of this machine that the server under test trusts. */
export function certificate(): { cert: Buffer; key: Buffer } {
  return {
    cert: readFileSync(setting('LATARNIK_TEST_CERTIFICATE')),
    key: readFileSync(setting('LATARNIK_TEST_KEY')),
  };
}
