import type { DataSource } from 'typeorm';

/**
 * How long a commit that was given up still counts, unless a later one is done: a database on which all hang must show it
 * at every scrape, one lost connection must not.
 */
const GIVEN_UP_COUNTS_MS = 30_000;

interface Commit {
  sentAt: number;
  /** By performance.now(), as all times here. */
  countsUntil: number;
}

/** The commits that a process has sent and not heard of. */
class CommitsUnderWay {
  private readonly commits = new Set<Commit>();

  send(): Commit {
    const commit = { sentAt: performance.now(), countsUntil: Infinity };
    this.commits.add(commit);
    return commit;
  }

  /** Committed: with it, also what was given up before, as far as anybody can tell. */
  done(commit: Commit): void {
    this.refused(commit);
    for (const other of this.commits) if (other.countsUntil !== Infinity) this.commits.delete(other);
  }

  refused(commit: Commit): void {
    this.commits.delete(commit);
  }

  giveUp(commit: Commit): void {
    commit.countsUntil = performance.now() + GIVEN_UP_COUNTS_MS;
  }

  get oldestSeconds(): number {
    const now = performance.now();
    for (const commit of this.commits) if (commit.countsUntil < now) this.commits.delete(commit);
    const [oldest] = this.commits;
    return oldest ? (now - oldest.sentAt) / 1000 : 0;
  }
}

const ofDataSource = new WeakMap<DataSource, CommitsUnderWay>();

export function commitsOf(dataSource: DataSource): CommitsUnderWay {
  const commits = ofDataSource.get(dataSource) ?? new CommitsUnderWay();
  ofDataSource.set(dataSource, commits);
  return commits;
}

/** Since the oldest commit of which nothing was heard was sent; 0 without any. */
export function oldestCommitSeconds(dataSource: DataSource): number {
  return commitsOf(dataSource).oldestSeconds;
}
