create table one(x int);
