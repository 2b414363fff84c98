import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { expect } from '@playwright/test';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { setting } from '../scene';
import { certificate } from './certificate';

/** A mail server that insists on STARTTLS and on the password from the server's configuration. */
export class MailServer {
  /** Every mail taken, as mail programs read it. */
  readonly mails: Email[] = [];
  /** While true, every mail is refused as by a server that takes no more of them. */
  full = false;
  private readonly server: SMTPServer;

  private constructor() {
    this.server = new SMTPServer({
      ...certificate(),
      authMethods: ['PLAIN', 'LOGIN'],
      disableReverseLookup: true,
      onAuth: ({ username, password }, _session, done) => {
        const known =
          username === setting('LATARNIK_MAIL_USER') &&
          password === setting('LATARNIK_MAIL_PASSWORD');
        done(known ? null : new Error('unknown user or password'), { user: username });
      },
      onData: (stream, session, done) => {
        if (!session.secure) throw new Error('a mail came in the open');
        buffer(stream)
          .then((bytes) => PostalMime.parse(bytes))
          .then((mail) => {
            if (this.full) return done(new Error('mailbox full'));
            this.mails.push(mail);
            done();
          }, done);
      },
    });
    // A connection that the client broke off.
    this.server.on('error', () => undefined);
  }

  static async start(): Promise<MailServer> {
    const made = new MailServer();
    await once(made.server.listen(Number(setting('LATARNIK_MAIL_PORT')), '127.0.0.1'), 'listening');
    return made;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(resolve);
    });
  }

  /** The next mail to this address, which is then taken out of the box. */
  async mailTo(address: string): Promise<Email> {
    const place = () => this.mails.findIndex(({ to }) => to?.[0]?.address === address);
    await expect.poll(place, { message: `no mail to ${address}` }).toBeGreaterThanOrEqual(0);
    const [mail] = this.mails.splice(place(), 1);
    if (!mail) throw new Error(`no mail to ${address}`);
    return mail;
  }
}

/** The one link in a mail. */
export function linkIn(mail: Email): string {
  const links = mail.text?.match(/https:\/\/\S+/g) ?? [];
  expect(links, mail.text).toHaveLength(1);
  return links[0] ?? '';
}
