create table two(x int);
