import { htmlPage } from '../html-page.ts';

export const unknownPreviewPage = htmlPage({
  title: 'There is no preview here',
  paragraphs: [
    'Yardmaster shows a website under this address once a build of it has completed.',
    'The build may still be running or have failed, the preview may have ended, or the address may be mistyped.',
  ],
});

export const missingFilePage = htmlPage({
  title: 'This website has no such page',
  paragraphs: ['The preview is there, but the build put no file at this address.'],
});
