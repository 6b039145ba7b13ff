task count: :environment do
  puts Book.count
end
