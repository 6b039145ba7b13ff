<p>Nothing here</p>
