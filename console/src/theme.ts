import { createTheme, type MantineColorsTuple } from '@mantine/core';

const navy: MantineColorsTuple = [
  '#eef3fb',
  '#dbe5f4',
  '#b6c9e8',
  '#8fadde',
  '#7aa2e8',
  '#4a76bd',
  '#315c9f',
  '#234680',
  '#183257',
  '#0f1d36',
];

const amber: MantineColorsTuple = [
  '#fff8e8',
  '#ffeecb',
  '#fddb97',
  '#fac75f',
  '#f5b041',
  '#e09a24',
  '#b97509',
  '#935a00',
  '#714500',
  '#4f3000',
];

const dark: MantineColorsTuple = [
  '#dfe5ef',
  '#bcc6d6',
  '#9aa7bc',
  '#66748d',
  '#31405d',
  '#222e47',
  '#182238',
  '#0f1728',
  '#0b111e',
  '#070b14',
];

const small = { defaultProps: { size: 'xs' } };

/** Names in titles may be long. */
const dialogStyles = {
  title: {
    minWidth: 0,
    fontSize: 16,
    fontWeight: 600,
    lineHeight: 1.3,
    overflowWrap: 'anywhere',
  },
  close: { flex: 'none' },
} as const;

export const theme = createTheme({
  colors: { navy, amber, dark },
  primaryColor: 'navy',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  cursorType: 'pointer',
  defaultRadius: 'sm',
  respectReducedMotion: true,
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "Cascadia Mono", "SF Mono", Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '13px', sm: '14px', md: '14px', lg: '16px', xl: '20px' },
  headings: { fontWeight: '600' },
  components: {
    Button: small,
    TextInput: small,
    PasswordInput: small,
    NativeSelect: small,
    Select: small,
    MultiSelect: { ...small, styles: { pill: { fontSize: 12.5 } } },
    Textarea: small,
    NumberInput: small,
    Checkbox: small,
    Radio: { ...small, styles: { description: { fontSize: 12.5 } } },
    RadioGroup: small,
    InputWrapper: { ...small, styles: { description: { fontSize: 12.5 } } },
    SegmentedControl: {
      defaultProps: { withItemsBorders: false },
      styles: { label: { paddingInline: 10 } },
    },
    Menu: { defaultProps: { shadow: 'md', withinPortal: true } },
    Drawer: {
      styles: dialogStyles,
      defaultProps: {
        attributes: { header: { role: 'presentation' } },
        transitionProps: { duration: 0 },
        overlayProps: { backgroundOpacity: 0.45 },
      },
    },
    Modal: {
      styles: dialogStyles,
      defaultProps: {
        centered: true,
        yOffset: '4dvh',
        // Its header is no banner of the page.
        attributes: { header: { role: 'presentation' } },
        transitionProps: { duration: 0 },
        overlayProps: { backgroundOpacity: 0.45 },
      },
    },
  },
});
