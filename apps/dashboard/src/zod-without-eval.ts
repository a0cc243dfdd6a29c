import { z } from 'zod';

// The content security policy forbids `eval`. This has to run before the first schema is made, which tries it.
z.config({ jitless: true });
