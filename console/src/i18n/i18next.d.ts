import 'i18next';
import type en from './en.json';
import type hresults from './hresults.json';

type HresultTexts = { [Code in keyof typeof hresults]: (typeof hresults)[Code]['en'] };

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof en & { hresults: HresultTexts } };
  }
}
