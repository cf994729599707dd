import { type ValidationError, ValidationPipe } from '@nestjs/common';
import { ApiError } from '../refusals/api-errors.js';

/** Checks bodies and queries against their DTO classes: strict types, no unknown fields. */
export function validationPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    exceptionFactory: (errors) => new ApiError('INVALID_PARAMETER', describe(errors).join('; ')),
  });
}

/** One phrase a field: its path, then its rule. */
function describe(errors: ValidationError[], parent = ''): string[] {
  return errors.flatMap((error) => {
    const path = parent + error.property;
    if (error.constraints) return `${path} ${ruleOf(error)}`;
    return describe(error.children ?? [], `${path}.`);
  });
}

function ruleOf({ constraints = {}, value, children = [] }: ValidationError): string {
  if ('whitelistValidation' in constraints) return 'is not a known field';
  const rules = [...new Set(Object.values(constraints))].join(' and ');
  // Nest takes the value out of errors that have children
  const missing = value === undefined && children.length === 0;
  return missing ? `is required and ${rules}` : rules;
}
