<p>Sorry, this page is broken</p>
