import { EventEmitter } from 'node:events';
import { Injectable } from '@nestjs/common';

/** Says in this process that something was committed, so that what was written is read at once. */
@Injectable()
export class CommitSignal {
  private readonly pokes = new EventEmitter();
  private isPoking = false;

  /** To be called after a commit: whoever reads the log need not wait for its next poll. Callers are answered first. */
  poke(): void {
    if (this.isPoking) return;
    this.isPoking = true;
    setImmediate(() => {
      this.isPoking = false;
      this.pokes.emit('poke');
    });
  }

  onPoke(listener: () => void): void {
    this.pokes.on('poke', listener);
  }
}
