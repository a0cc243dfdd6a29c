import './zod-without-eval.ts';
import '@fontsource-variable/inter/wght.css';
import './ui/tokens.css';
import './ui/page.css';
import './ui/builds.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root".');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
