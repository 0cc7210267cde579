import type { FormatRules } from '../domain/image-format/data-format.ts';
import { flag, names, type Setting, text } from './setting.ts';

/** What the data of images must be. */
export interface ImageFormatConfig {
  /** Whether data must be of the format that its image names. */
  readonly requireImageFormatMatch: boolean;
  /** Create types of VMDKs that are taken. */
  readonly vmdkAllowedTypes: readonly string[];
  /** Checks of partition tables that may fail. */
  readonly gptSafetyChecksNonfatal: readonly string[];
  /** The folder of the certificates that signatures of images are verified with; empty without one. */
  readonly imgSignatureCertificatesDir: string;
}

type ImageFormatSettings = {
  readonly [Name in keyof ImageFormatConfig]: Setting<ImageFormatConfig[Name]>;
};

/** Kinds of VMDKs that are one file each. */
const vmdkTypes = ['streamOptimized', 'monolithicSparse'];

const checks = ['mbr', 'gptmbr'];

const vmdkAllowedTypes = names('vmdk_allowed_types', {
  about:
    'Kinds of VMDKs that are taken as data, those that are one file each; see [formats](formats.md)',
  wanted: `a list of ${vmdkTypes.join(', ')}`,
});

const gptSafetyChecksNonfatal = names('gpt_safety_checks_nonfatal', {
  about: 'Checks of partition tables that harm nothing when they fail; see [formats](formats.md)',
  wanted: `a list of ${checks.join(', ')}`,
});

/** The settings of `ImageFormatConfig`, by Glance's names. */
export const imageFormatSettings: ImageFormatSettings = {
  requireImageFormatMatch: flag('require_image_format_match', {
    initial: true,
    about:
      'Whether the data of a bare image must be of the format that its `disk_format` names; see [formats](formats.md)',
  }),
  vmdkAllowedTypes: { ...among(vmdkAllowedTypes, vmdkTypes), initial: vmdkTypes },
  gptSafetyChecksNonfatal: among(gptSafetyChecksNonfatal, checks),
  imgSignatureCertificatesDir: text('img_signature_certificates_dir', {
    initial: '',
    about:
      'The folder of the certificates that signatures of images are verified with, each called `<uuid>.pem`; see [signatures](formats.md#signatures)',
    wanted: 'the path of a folder',
  }),
};

/** Takes known words alone. */
function among(
  setting: Setting<readonly string[]>,
  known: readonly string[],
): Setting<readonly string[]> {
  return {
    ...setting,
    read(value, report, readText) {
      const words = setting.read(value, report, readText);
      return words?.every((word) => known.includes(word)) ? words : undefined;
    },
  };
}

export function formatRulesOf(config: ImageFormatConfig): FormatRules {
  return {
    requiresMatch: config.requireImageFormatMatch,
    vmdkTypes: config.vmdkAllowedTypes,
    harmlessChecks: config.gptSafetyChecksNonfatal.length > 0 ? ['mbr'] : [],
  };
}
