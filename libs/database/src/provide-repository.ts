import type { FactoryProvider } from '@nestjs/common';
import { getRepositoryToken } from '@nestjs/typeorm';
import type { EntityManager, EntityTarget, Repository } from 'typeorm';

/** Makes a repository with statements of its own injectable, where `TypeOrmModule.forFeature` has the entity's. */
export function provideRepository<Row extends object>(
  type: new (target: EntityTarget<Row>, manager: EntityManager) => Repository<Row>,
  entity: new () => Row,
): FactoryProvider<Repository<Row>> {
  return {
    provide: type,
    inject: [getRepositoryToken(entity)],
    useFactory: ({ target, manager }: Repository<Row>) => new type(target, manager),
  };
}
