class CreateBooks < ActiveRecord::Migration[6.1]
  def change
    create_table :books do |t|
      t.string :title, null: false, index: { unique: true }
      t.integer :pages, default: 1
      t.timestamps
    end
  end
end
