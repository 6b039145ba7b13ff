<h1><?= escape($name) ?></h1>
