import { LabIcon } from "@jupyterlab/ui-components";

const HAMMER =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">' +
  '<path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M2.300 19.600 10.900 11l2.200 2.200-8.600 8.600a1.550 1.550 0 0 1-2.200-2.200z' +
  "M9.600 4.200C12 2 15.400 1.900 17.600 4.100l1.600 1.600v1.900l2.700 2.700-3.800 3.800-2.700-2.700h-1.900L11.300 9.200" +
  'c.5-1.900-.2-3.900-1.700-5z"/></svg>';

export const hammerIcon = new LabIcon({ name: "buildwidget:hammer", svgstr: HAMMER });
