/** The mark: a lighthouse with its lamp lit. */
export function Lighthouse({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path d="M19.2 9.3 29.5 5.4v7.6l-10.3-1.7z" fill="#f5b041" opacity=".5" />
      <path d="M12.8 9.3 2.5 5.4v7.6l10.3-1.7z" fill="#f5b041" opacity=".5" />
      <path d="M12.2 7.6 16 4.6l3.8 3z" fill="currentColor" />
      <rect x="13.2" y="8.3" width="5.6" height="4" rx=".6" fill="#f5b041" />
      <rect x="11.6" y="12.9" width="8.8" height="1.5" rx=".6" fill="currentColor" />
      <path d="M13 15.2h6l.9 4.1h-7.8z" fill="currentColor" />
      <path d="M11.8 20.6h8.4l1.2 5.8H10.6z" fill="currentColor" />
      <rect x="9.4" y="26.9" width="13.2" height="1.7" rx=".6" fill="currentColor" />
    </svg>
  );
}
