import { QueryFailedError } from 'typeorm';

/** The connection was lost, or silent for too long, after COMMIT was sent: whether it was done, nobody knows. */
export class CommitUnknownError extends QueryFailedError {
  constructor({ query, parameters, driverError }: QueryFailedError) {
    super(query, parameters, driverError);
    this.message = `whether it was committed is not known: ${driverError.message}`;
  }
}
