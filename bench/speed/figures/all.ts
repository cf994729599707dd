import { core } from './core.js';
import type { Figure } from './figure.js';

export const FIGURES: Figure[] = [core];
