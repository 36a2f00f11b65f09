/** Files the build made, and what the calls of its tools changed in them. */
import type { JSX } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useBlobAddress, useLoaded } from "./blob";
import { bytes } from "./format";
import { Icon } from "./icons";
import { memo } from "./memo";
import { useAction, useBuild } from "./session";
import { FileDetail, saveBlob } from "./tool-detail";
import { type History, histories } from "./tool-diff";
import { LineCounts } from "./tool-line";
import type { ArtifactRow, ToolRow } from "./types";

interface Props {
  readonly artifacts: readonly ArtifactRow[];
  readonly tools: readonly ToolRow[];
  /** How many went before the first: the route counts them. */
  readonly dropped: number;
}

export const Artifacts = memo(function Artifacts({ artifacts, tools, dropped }: Props): JSX.Element {
  const changed = useMemo(() => histories(tools), [tools]);
  return (
    <ul class="bw-artifacts" aria-label="Artifacts" data-testid="artifacts">
      {artifacts.map((artifact, place) => (
        <Artifact
          key={dropped + place}
          artifact={artifact}
          history={changed.get(artifact.path)}
          index={dropped + place}
        />
      ))}
    </ul>
  );
});

const isPicture = (mime: string | undefined): boolean =>
  mime !== undefined && /^image\/(png|jpeg|gif|webp|svg\+xml)$/.test(mime);

interface ArtifactProps {
  readonly artifact: ArtifactRow;
  readonly history: History | undefined;
  readonly index: number;
}

const Artifact = memo(function Artifact({ artifact, history, index }: ArtifactProps): JSX.Element {
  const { actions } = useBuild();
  const [open, setOpen] = useState(false);
  const [pending, download] = useAction(async () => saveBlob(await actions.artifact(index), artifact.name));
  const { path } = artifact;
  const picture = isPicture(artifact.mime);
  const name = (
    <>
      {artifact.name}
      {path !== artifact.name && <span class="bw-dim">{`  ${path}`}</span>}
    </>
  );
  return (
    <li data-artifact={index}>
      <div class="bw-row bw-artifact">
        <Icon name={picture ? "image" : "file"} class="bw-dim" />
        {picture || history ? (
          <button
            type="button"
            class="bw-link bw-row-text"
            aria-expanded={open}
            title={path}
            onClick={() => setOpen(!open)}
          >
            {name}
          </button>
        ) : (
          <span class="bw-row-text" title={path}>
            {name}
          </span>
        )}
        <LineCounts counts={history ?? null} />
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
      {open && picture && <Preview index={index} artifact={artifact} />}
      {open && !picture && (
        <div class="bw-detail bw-artifact-changes">
          {history?.tools.map((tool) => (
            <FileDetail key={tool.id} tool={tool} path={path} />
          ))}
        </div>
      )}
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
