/** Files the build made. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useBlobAddress, useLoaded } from "./blob";
import { bytes } from "./format";
import { Icon } from "./icons";
import { memo } from "./memo";
import { useAction, useBuild } from "./session";
import { saveBlob } from "./tool-detail";
import type { ArtifactRow } from "./types";

interface Props {
  readonly artifacts: readonly ArtifactRow[];
  /** How many went before the first: the route counts them. */
  readonly dropped: number;
}

export const Artifacts = memo(function Artifacts({ artifacts, dropped }: Props): JSX.Element {
  return (
    <ul class="bw-artifacts" aria-label="Artifacts" data-testid="artifacts">
      {artifacts.map((artifact, place) => (
        <Artifact key={dropped + place} artifact={artifact} index={dropped + place} />
      ))}
    </ul>
  );
});

const isPicture = (mime: string | undefined): boolean =>
  mime !== undefined && /^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(mime);

const Artifact = memo(function Artifact({
  artifact,
  index,
}: {
  artifact: ArtifactRow;
  index: number;
}): JSX.Element {
  const { actions } = useBuild();
  const [open, setOpen] = useState(false);
  const [pending, download] = useAction(async () => saveBlob(await actions.artifact(index), artifact.name));
  const picture = isPicture(artifact.mime);
  return (
    <li data-artifact={index}>
      <div class="bw-row bw-artifact">
        <Icon name={picture ? "image" : "file"} class="bw-dim" />
        {picture ? (
          <button
            type="button"
            class="bw-link bw-row-text"
            aria-expanded={open}
            title={artifact.path}
            onClick={() => setOpen(!open)}
          >
            {artifact.name}
          </button>
        ) : (
          <span class="bw-row-text" title={artifact.path}>
            {artifact.name}
            {artifact.path !== artifact.name && <span class="bw-dim">{`  ${artifact.path}`}</span>}
          </span>
        )}
        <span class="bw-took">{artifact.size === undefined ? "" : bytes(artifact.size)}</span>
        <button
          type="button"
          class="bw-icon-button"
          aria-label={`Download ${artifact.name}`}
          title="Download"
          aria-disabled={pending}
          onClick={download}
        >
          <Icon name="download" />
        </button>
      </div>
      {open && <Preview index={index} artifact={artifact} />}
    </li>
  );
});

function Preview({ index, artifact }: { index: number; artifact: ArtifactRow }): JSX.Element {
  const { actions } = useBuild();
  const loaded = useLoaded(String(index), async () => {
    const blob = await actions.artifact(index);
    return new Blob([blob], { type: artifact.mime ?? "image/png" });
  });
  const address = useBlobAddress(loaded.value);
  if (address === null) return <p class="bw-empty">{loaded.problem ?? "Fetching…"}</p>;
  return <img class="bw-picture" src={address} alt={artifact.name} />;
}
