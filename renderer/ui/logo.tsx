/** The mark: an envelope over the lines of a log. */
export function Logo() {
  return (
    <svg width="18" height="18" viewBox="0 0 20 20" aria-hidden="true" fill="currentColor">
      <path d="M3.6 2h12.8A1.6 1.6 0 0 1 18 3.6v.5l-8 5.2-8-5.2v-.5A1.6 1.6 0 0 1 3.6 2Z" />
      <path d="M2 6.1l8 5.2 8-5.2v5.3a1.6 1.6 0 0 1-1.6 1.6H3.6A1.6 1.6 0 0 1 2 11.4Z" />
      <rect x="3" y="14.7" width="14" height="1.5" rx=".75" />
      <rect x="5" y="17.5" width="10" height="1.5" rx=".75" />
    </svg>
  );
}
