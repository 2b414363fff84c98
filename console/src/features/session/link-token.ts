import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/** A mailed link carries its token behind the `#`, which browsers send to no server. */
export function tokenIn(hash: string): string | null {
  const token = hash.replace(/^#/, '');
  return /^[0-9a-f]{64}$/i.test(token) ? token : null;
}

/** The token of the link that was opened; the address bar and the history forget it. */
export function useLinkToken(): string | null {
  const [token] = useState(() => tokenIn(window.location.hash));
  const navigate = useNavigate();
  useEffect(() => {
    if (window.location.hash !== '') void navigate({ to: '.', hash: '', replace: true });
  }, [navigate]);
  return token;
}
