import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { Provider } from 'oidc-provider';
import { certificate } from './certificate';

/** Somebody whom the organisation's sign-in service knows. */
export interface Account {
  email: string;
  name: string;
  groups: string[];
  verified: boolean;
}

export const client = { id: 'latarnik', secret: 'kept-at-the-service-and-in-latarnik' };

/** The sign-in service of an organisation: a certified OpenID provider, over TLS. */
export class SignInService {
  readonly issuer: string;
  private readonly server: Server;

  private constructor(server: Server, issuer: string) {
    this.server = server;
    this.issuer = issuer;
  }

  /** Knows these accounts by their addresses, and takes every password. */
  static async start(redirectUrl: string, accounts: readonly Account[]): Promise<SignInService> {
    const server = createServer(certificate());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const issuer = `https://127.0.0.1:${port}`;
    const provider = new Provider(issuer, {
      clients: [
        { client_id: client.id, client_secret: client.secret, redirect_uris: [redirectUrl] },
      ],
      claims: { email: ['email', 'email_verified'], profile: ['name', 'groups'] },
      // As the services of large vendors do: the ID token says it all.
      conformIdTokenClaims: false,
      cookies: { keys: ['a key of tests'] },
      pkce: { required: () => true },
      findAccount: (_context, email) => {
        const account = accounts.find((known) => known.email === email);
        if (!account) return undefined;
        const { verified, ...claims } = account;
        return {
          accountId: email,
          claims: () => ({ sub: `id-of-${email}`, email_verified: verified, ...claims }),
        };
      },
    });
    server.on('request', provider.callback());
    return new SignInService(server, issuer);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }
}

/** At the service's own pages: who one is, and that Latarnik may know it. */
export async function signInAtService(page: Page, email: string): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(email);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
}
