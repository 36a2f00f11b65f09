/** Small icons, drawn here so that the view needs no font and no network. Always beside a word or with a label. */
import type { JSX } from "preact";

const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4.5 4.5l7 7m0-7l-7 7",
  plus: "M8 3.5v9M3.5 8h9",
  back: "M12.5 8h-9M7.3 4.2L3.5 8l3.8 3.8",
  tab: "M9.5 3h3.5v3.5M13 3L8 8M6.5 3.500H3v9.500h9.500V9.500",
  stop: "M4.5 4.5h7v7h-7z",
  dots: "M3.4 8h.01M8 8h.01M12.6 8h.01",
  chevron: "M6 4l4 4-4 4",
  down: "M8 3.5v8.5M4.5 8.7L8 12.2l3.500-3.500",
  search: "M7 3.500a3.500 3.500 0 1 1 0 7a3.500 3.500 0 0 1 0-7zM9.700 9.700L13 13",
  download: "M8 3v7M5 7.300L8 10.300l3-3M3.500 13h9",
  wrap: "M3 4.500h10M3 8h8a2 2 0 0 1 0 4.200H8.500M10 10.500l-1.700 1.700L10 13.900M3 12.200h2.500",
  file: "M4.500 2.500h4.700l2.800 2.800v8.200H4.500zM9 2.700v2.800h2.800",
  pencil: "M3.300 12.700l.6-2.600 6.700-6.700 2 2-6.700 6.700zM9.300 4.700l2 2",
  globe:
    "M8 2.700a5.300 5.300 0 1 1 0 10.600A5.300 5.300 0 0 1 8 2.700zM2.900 8h10.200M8 2.700c2 1.500 2.700 3.200 2.700 5.300S10 11.800 8 13.300M8 2.700C6 4.200 5.300 5.900 5.300 8S6 11.800 8 13.300",
  agent: "M4 6.500h8v6H4zM8 4v2.500M8 3.600h.01M6.300 9h.01M9.700 9h.01M6.500 11h3",
  list: "M3 4.500h.01M3 8h.01M3 11.500h.01M5.800 4.500H13M5.800 8H13M5.800 11.500H13",
  gear: "M9.900 3.300a2.900 2.900 0 0 0-3.500 3.900L3 10.600a1.300 1.300 0 0 0 1.900 1.900l3.400-3.400a2.900 2.900 0 0 0 3.900-3.500l-1.700 1.700-1.600-.4-.4-1.600z",
  question: "M6.200 6.200a1.900 1.900 0 1 1 2.700 1.900c-.6.300-.9.700-.9 1.400M8 11.700h.01",
  link: "M6.700 9.300l2.600-2.600M7.300 4.700l1.200-1.200a2.800 2.800 0 0 1 4 4l-1.200 1.200M8.700 11.300l-1.200 1.200a2.800 2.800 0 0 1-4-4l1.200-1.200",
  image: "M3 3.500h10v9H3zM3.300 11l3-3.300 2.400 2.500 1.600-1.500 2.500 2.600M10.500 6.200h.01",
  retry: "M12.500 8a4.500 4.500 0 1 1-1.400-3.300M12.600 3v2.300h-2.300",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: extra }: { name: IconName; class?: string | undefined }): JSX.Element {
  return (
    <svg
      class={`bw-icon ${extra ?? ""}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A turning arc for work that tells no amount; it stands still where motion is unwanted. */
export function Spinner(): JSX.Element {
  return (
    <svg
      class="bw-icon bw-spinner"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      <circle cx="8" cy="8" r="5" class="bw-track" />
      <path d="M8 3a5 5 0 0 1 5 5" />
    </svg>
  );
}
